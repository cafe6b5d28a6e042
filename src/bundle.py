"""A start from one file: the byte code of all that is imported before the first request, as esbuild does for Node.

Opening two hundred files takes longer than reading one. `bundle.py FILE make` writes it, when the image is built;
`bundle.py FILE`, the image's entrypoint, runs the action with it. What is not in the file is imported as ever.
"""

import gc
import marshal
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader, SourcelessFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:  # what is imported here comes from files of its own
    from collections.abc import Iterable, Sequence
    from types import CodeType, ModuleType

Bundle = dict[str, tuple[str, str, bytes]]  # a module's name: its file, its folder if it is a package, its byte code


class Finder:
    """Finds the modules of a bundle, for `sys.meta_path`."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def find_spec(
        self, name: str, _path: "Sequence[str] | None" = None, _target: "ModuleType | None" = None
    ) -> ModuleSpec | None:
        """Return what the import system wants to know; None if the module is not in the bundle."""
        if name not in self._bundle:
            return None
        file, folder, code = self._bundle.pop(name)
        spec = ModuleSpec(name, Loader(name, file, code), origin=file, is_package=bool(folder))
        spec.has_location = True
        spec.cached = file  # or else it would be worked out
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(folder)  # for what is not in the bundle
        return spec


class Loader(SourcelessFileLoader):
    """Has the byte code at hand, for once; for all else that one may ask of a loader, there is the module's file."""

    def __init__(self, name: str, file: str, code: bytes) -> None:
        super().__init__(name, file)
        self._code = code

    def get_code(self, fullname: str) -> "CodeType":  # noqa: ARG002 - it is of one module
        """Return the byte code, and forget it."""
        code, self._code = self._code, b""
        return marshal.loads(code)  # type: ignore[no-any-return]  # noqa: S302 - of this very build


def collect(names: "Iterable[str]") -> Bundle:
    """Return the bundle of the named modules, as far as they are imported from files."""
    bundle: Bundle = {}
    for name in names:
        spec = getattr(sys.modules[name], "__spec__", None)
        if spec and spec.name == name and isinstance(spec.loader, SourceFileLoader | SourcelessFileLoader):
            folder = (spec.submodule_search_locations or [""])[0]
            bundle[name] = spec.origin or "", folder, marshal.dumps(spec.loader.get_code(name))
    return bundle


def make(file: str) -> None:
    """Write the bundle of what a start imports."""
    import encodings.idna  # noqa: F401, PLC0415 - that of a host's name, when it connects

    import httpcore  # noqa: F401, PLC0415 - httpx imports it when it opens a client

    import cerebras_deploy.__main__  # noqa: F401, PLC0415

    with open(file, "wb") as stream:  # noqa: PTH123 - without what a start does not import
        marshal.dump(collect(list(sys.modules)), stream)


def run(file: str) -> int:
    """Run the action from the bundle."""
    with open(file, "rb") as stream:  # noqa: PTH123 - pathlib is in the bundle
        sys.meta_path.insert(-1, Finder(marshal.loads(stream.read())))  # noqa: S302
    gc.disable()  # what is imported stays, so that looking for garbage in it only takes time
    from cerebras_deploy.__main__ import main  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    return main()


if __name__ == "__main__":
    if sys.argv[2:] == ["make"]:
        make(sys.argv[1])
    else:
        sys.exit(run(sys.argv[1]))
