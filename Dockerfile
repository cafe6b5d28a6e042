# The action's image, from the last stage: Python, what it needs of its libraries, the packages, the action; no shell.
# Nothing here needs BuildKit: act builds with the classic builder.

# A release is built with this very image by digest: .github/images/Dockerfile.
ARG BASE=debian:trixie-slim
FROM ${BASE} AS python
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# No versions are pinned: Debian's security updates come by building anew.
# hadolint ignore=DL3008
RUN apt-get update && apt-get upgrade --yes \
    && apt-get install --yes --no-install-recommends python3-pip \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore


# The Management API's simulator, to rehearse against: `docker build --target simulator .`
FROM python AS simulator
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
COPY requirements-dev.txt /build/
# Of the locked development packages those that it imports; `pip check` tells when one is missing here.
RUN awk '/^[a-z]/ { wanted = /^(annotated-doc|annotated-types|anyio|click|fastapi|h11|idna|opentelemetry-api|pydantic|pydantic-core|starlette|typing-extensions|typing-inspection|uvicorn)==/ } wanted' \
        /build/requirements-dev.txt > /build/simulator.txt \
    && python3 -m pip install --require-hashes --no-deps --requirement /build/simulator.txt \
    && python3 -m pip check
COPY src/cerebras_simulator /usr/local/lib/python3.13/dist-packages/cerebras_simulator
EXPOSE 8321
ENTRYPOINT ["/usr/bin/python3", "-I", "-u", "-m", "cerebras_simulator", "--host", "0.0.0.0"]


FROM python AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# The standard library, without what is for developers, screens, servers, data bases and other processes, and without
# what needs those. Byte code is in place of its source, without docstrings, and is never checked against one, since
# neither changes.
WORKDIR /rootfs/usr/lib/python3.13
RUN mkdir /build && cp --archive /usr/lib/python3.13/. . \
    && find . -name __pycache__ -prune -exec rm -r {} + \
    && rm -r _pyrepl asyncio curses ctypes dbm multiprocessing pydoc_data sqlite3 test unittest venv wsgiref xml xmlrpc \
        {_distutils_system_mod,_ios_support,antigravity,bz2,cProfile,doctest,ftplib,imaplib,lzma,mailbox,pdb}.py \
        {plistlib,poplib,profile,pstats,pydoc,sitecustomize,smtplib,this,turtle,webbrowser}.py \
        concurrent/futures/process.py \
        encodings/{big5*,bz2_codec,cp932,cp949,cp950,euc_*,gb*,hz,iso2022_*,johab,mbcs,oem,shift_jis*}.py \
        lib-dynload/{_asyncio,_bz2,_codecs_,_ctypes,_curses,_dbm,_hashlib,_interp,_lsprof,_lzma,_multi,_posixshmem}* \
        lib-dynload/{_sqlite3,_test,_uuid,_xx,readline,xx}* \
    && find "$PWD" -type f | sed 's,^/rootfs,,' > /build/from-debian \
    && python3 -P -X no_debug_ranges -m compileall -q -b -o 2 --invalidation-mode unchecked-hash -s /rootfs -p / "$PWD" \
    && find . -name '*.py' -delete

# The packages, beside it, so that there is one place to look in; with their source, for tracebacks. Left out are anyio,
# which httpcore imports where there is one, the parts that need packages that are not here, tests, and pydantic's past.
COPY requirements.txt /build/
RUN python3 -P -m pip install --require-hashes --no-deps --no-compile --target . --requirement /build/requirements.txt \
    && rm -r anyio anyio-*.dist-info bin tests \
        actions_toolkit/{cache,core,github,io_utils,oidc_utils}.py \
        certifi/tests \
        httpx/_main.py httpcore/{_async,_sync}/{http2,socks_proxy}.py httpcore/_backends/{anyio,trio}.py \
        pydantic/{mypy.py,v1} \
    && python3 -P -X no_debug_ranges -m compileall -q --invalidation-mode unchecked-hash -s /rootfs -p / "$PWD"

# The CAs of certifi where OpenSSL looks up, by the hash of its name, the one it needs: a file each.
WORKDIR /rootfs/usr/lib/ssl/certs
RUN awk '/^-----BEGIN/ { file = sprintf("%03d.pem", ++n) } file { print > file }' ../../python3.13/certifi/cacert.pem \
    && openssl rehash . \
    && printf '%s\n' ./*.pem | xargs --max-args=1 openssl verify -no_check_time -no-CAfile -no-CAstore -CApath . > /dev/null

# Python itself, the shared libraries that all this is linked to, the little that the C library looks for, and what
# scanners tell the release of Debian by.
WORKDIR /build
RUN mkdir /rootfs/etc /rootfs/usr/bin /rootfs/tmp \
    && chmod 1777 /rootfs/tmp \
    && cp /usr/bin/python3.13 /rootfs/usr/bin/python3 \
    && find /rootfs -name '*.so' -exec ldd /rootfs/usr/bin/python3 {} + \
        | awk '/=> \// { print $3 } /^\t\// { print $1 }' | sort --unique > libraries \
    && xargs cp --dereference --parents --target-directory /rootfs < libraries \
    && cp --archive --parents --target-directory /rootfs /etc/{debian_version,os-release} /usr/lib/os-release \
    && xargs realpath /usr/bin/python3 /etc/{debian_version,os-release} < libraries >> from-debian \
    && echo 'hosts: files dns' > /rootfs/etc/nsswitch.conf \
    && echo 'root:x:0:0:root:/root:/usr/sbin/nologin' > /rootfs/etc/passwd \
    && echo 'root:x:0:' > /rootfs/etc/group

# For each Debian package in it: its licence, and its entry in the package data base where scanners look for it.
# Slim images may leave licences out, so they are taken from the packages (that of libgcc-s1 is in gcc-14-base).
# The Python packages have their licences with them.
WORKDIR /build/extracted
RUN xargs dpkg-query --search < ../from-debian | cut --delimiter=: --fields=1 | sort --unique > ../packages \
    && echo gcc-14-base >> ../packages \
    && mkdir --parents /rootfs/var/lib/dpkg/status.d \
    && xargs --replace=NAME sh -c 'dpkg-query --status NAME > /rootfs/var/lib/dpkg/status.d/NAME' < ../packages \
    && apt-get update \
    && xargs apt-get --option APT::Sandbox::User=root download < ../packages \
    && find . -name '*.deb' -exec dpkg-deb --extract {} . ';' \
    && find usr/share/doc '(' -name copyright -o -type l ! -path 'usr/share/doc/*/*' ')' \
        -exec cp --archive --parents --target-directory /rootfs {} + \
    && xargs --replace=NAME test -s /rootfs/usr/share/doc/NAME/copyright < ../packages

# The action, and in one file what its start imports.
WORKDIR /rootfs
COPY src/cerebras_deploy usr/lib/python3.13/cerebras_deploy
COPY src/bundle.py action/
RUN python3 -P -X no_debug_ranges -m compileall -q --invalidation-mode unchecked-hash -s /rootfs -p / \
        "$PWD/usr/lib/python3.13/cerebras_deploy" \
    && python3 -P -m compileall -q -b --invalidation-mode unchecked-hash -s /rootfs -p / "$PWD/action" \
    && rm action/bundle.py \
    && chroot . /usr/bin/python3 -I -S /action/bundle.pyc /action/bundle make
COPY LICENSE /rootfs/usr/share/doc/cerebras-deploy-action/


FROM scratch
COPY --from=build /rootfs /
# One arena for all threads, since they run by turns anyway: half a mebibyte less.
ENV MALLOC_ARENA_MAX=1
# Isolated: neither the checkout nor HOME nor a PYTHON* variable decides what runs. No `site`: there is nothing for it
# to find. Unbuffered: the log is live.
ENTRYPOINT ["/usr/bin/python3", "-I", "-S", "-u", "-X", "utf8", "/action/bundle.pyc", "/action/bundle"]
