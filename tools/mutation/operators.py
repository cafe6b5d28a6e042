"""The mutants of a module: its syntax tree with one node replaced. Pure.

Left alone is what no test can or should notice: texts, annotations, decorators, Protocols, `assert_never`, the cause of
an exception, and what says the same as another mutant.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

Path = tuple[tuple[str, int | None], ...]  # field and index, from the root to a node
Function = ast.FunctionDef | ast.AsyncFunctionDef
Candidate = tuple[str, ast.AST, str, str]  # operator, replacement, before, after

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.Eq: ast.NotEq,
    ast.Is: ast.IsNot,
    ast.In: ast.NotIn,
}
COMPARISONS |= {after: before for before, after in COMPARISONS.items()}
NEGATED = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)  # of these the swap is the negation
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
EXTREMES = {"max": "min", "min": "max"}
UNTOUCHED = {"annotation", "returns", "decorator_list", "pattern", "cause", "bases"}  # fields of nodes
UNTOLD = {"__str__", "__repr__"}


@dataclass(frozen=True)
class Mutant:
    """One change. `lines` are those whose tests may notice; `names` are bound there, at import."""

    module: str
    function: str
    operator: str
    before: str
    after: str
    line: int
    lines: range
    names: frozenset[str]
    path: Path
    node: ast.AST
    at_import: bool
    occurrence: int = 1

    @property
    def identity(self) -> str:
        """What stays when lines move."""
        number = f" #{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.module}:{self.function} {self.operator}: {self.before} -> {self.after}{number}"

    def applied(self, source: str) -> ast.Module:
        """Return the module's tree, changed."""
        tree = ast.parse(source)
        holder: ast.AST = tree
        for field, index in self.path[:-1]:
            value = getattr(holder, field)
            holder = value if index is None else value[index]
        field, index = self.path[-1]
        if index is None:
            setattr(holder, field, self.node)
        else:
            getattr(holder, field)[index] = self.node
        return ast.fix_missing_locations(tree)


def mutants(module: str, source: str) -> list[Mutant]:
    """Return all mutants of a module, in the order of its lines."""
    seen: Counter[str] = Counter()
    found = []
    place = _Place(module, "", range(0), frozenset(), ())
    for mutant in _below(ast.parse(source), place):
        seen[mutant.identity] += 1
        found.append(replace(mutant, occurrence=seen[mutant.identity]))
    return found


@dataclass(frozen=True)
class _Place:
    module: str
    function: str
    lines: range
    names: frozenset[str]
    path: Path
    at_import: bool = True


def _below(node: ast.AST, place: _Place) -> Iterator[Mutant]:
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _untouched(child):
                yield from _at(child, replace(place, path=(*place.path, (field, index))))


def _at(node: ast.AST, place: _Place) -> Iterator[Mutant]:
    place = _narrowed(node, place)
    function, line = place.function or "(module)", getattr(node, "lineno", place.lines.start)
    for operator, new, before, after in _changes(node):
        yield Mutant(
            place.module,
            function,
            operator,
            before,
            after,
            line,
            place.lines,
            place.names,
            place.path,
            new,
            place.at_import,
        )
    yield from _below(node, place)


def _narrowed(node: ast.AST, place: _Place) -> _Place:
    """Say where in the module this node is."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            lines = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            return replace(place, function=_joined(place, name), lines=lines, names=frozenset(), at_import=False)
        case ast.arguments():  # defaults: the definition runs them
            return replace(place, at_import=True)
        case ast.ClassDef(name=name):
            return replace(place, function=_joined(place, name), lines=_header(node))
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target) if place.at_import:
            names = frozenset(part.id for part in ast.walk(target) if isinstance(part, ast.Name))
            return replace(place, lines=_header(node), names=names)
        case ast.stmt():
            return replace(place, lines=_header(node))
        case ast.match_case(pattern=pattern, body=body):
            return replace(place, lines=range(pattern.lineno, max(pattern.lineno + 1, body[0].lineno)))
        case _:
            return place


def _joined(place: _Place, name: str) -> str:
    return f"{place.function}.{name}" if place.function else name


def _header(node: ast.stmt) -> range:
    """Return the lines of a statement without those of what it holds."""
    body: list[ast.stmt] = getattr(node, "body", [])
    end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
    return range(node.lineno, max(node.lineno + 1, end))


def _untouched(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(ast.Call(ast.Name("assert_never"))) | ast.If(ast.Name("TYPE_CHECKING")):
            return True
        case ast.ClassDef(bases=bases):
            return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in bases)
        case ast.FunctionDef(name=name):
            return name in UNTOLD
        case _:
            return False


def _changes(node: ast.AST) -> Iterator[Candidate]:
    for operator, new in (*_logic(node), *_values(node), *_statements(node)):
        yield operator, new, _text(node), _text(new)
    if isinstance(node, ast.If | ast.While | ast.IfExp) and (negation := _negated(node.test)):
        other = copy.copy(node)
        other.test = negation
        yield "condition negated", other, _text(node.test), _text(negation)
    if isinstance(node, ast.match_case) and node.guard and not _matches_anything(node.pattern):
        bare = f"case {_text(node.pattern)}"
        yield "guard removed", ast.match_case(node.pattern, None, node.body), f"{bare} if {_text(node.guard)}", bare
    if isinstance(node, ast.Call):
        func = _text(node.func)
        for keyword in filter(_is_named, node.keywords):
            changed = ast.Call(node.func, node.args, [kept for kept in node.keywords if kept is not keyword])
            yield "argument removed", changed, f"{func}({_text(keyword)})", f"{func}()"


def _matches_anything(pattern: ast.pattern) -> bool:
    """Whether it is `_` or a name: without its guard, Python takes no case after it."""
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _logic(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for n, op in enumerate(ops):
                if swap := COMPARISONS.get(type(op)):
                    yield "comparison", ast.Compare(left, [*ops[:n], swap(), *ops[n + 1 :]], comparators)
        case ast.BoolOp(op=op, values=values):
            yield "and/or", ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for n in range(len(values)):
                rest = [*values[:n], *values[n + 1 :]]
                yield "operand dropped", rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not dropped", operand
        case ast.comprehension(target=target, iter=items, ifs=ifs):
            for n, test in enumerate(ifs):
                if (new := _negated(test)) is not None:
                    yield "condition negated", ast.comprehension(target, items, [*ifs[:n], new, *ifs[n + 1 :]], 0)
        case _:
            pass


def _values(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if not (_is_text(left) or _is_text(right)):
            if swap_op := ARITHMETIC.get(type(op)):
                yield "arithmetic", ast.BinOp(left, swap_op(), right)
        case ast.Constant(value=bool(value)):
            yield "truth", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield "number", ast.Constant(value + 1)
        case ast.Constant(value=float(value)):
            yield from (("number", ast.Constant(other)) for other in {value * 2, 0.0 if value else 1.0} - {value})
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in EXTREMES:
            yield "max/min", ast.Call(ast.Name(EXTREMES[name], ast.Load()), args, keywords)
        case _:
            pass


def _statements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant) or value.value:
            if not isinstance(value, ast.Constant) or value.value is not True:
                yield "None returned", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Continue():
            yield "statement removed", ast.Pass()
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            if any(isinstance(part, ast.Attribute) for part in parts) and getattr(node, "value", None):
                yield "statement removed", ast.Pass()
        case _:
            pass
    if isinstance(node, ast.AugAssign) and (swap := ARITHMETIC.get(type(node.op))):
        yield "arithmetic", ast.AugAssign(node.target, swap(), node.value)


def _negated(test: ast.expr) -> ast.expr | None:
    """Return the negation, unless it is a mutant already."""
    match test:
        case ast.Constant() | ast.UnaryOp(op=ast.Not()):
            return None
        case ast.Compare(ops=[op]) if isinstance(op, NEGATED):
            return None
    return ast.UnaryOp(ast.Not(), test)


def _is_named(keyword: ast.keyword) -> bool:
    return keyword.arg is not None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())
