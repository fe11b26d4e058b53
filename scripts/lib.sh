# Shared by the scripts beside it: source it, do not run it. POSIX sh.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=$root/.venv
bin=$venv/bin
cd "$root" || exit 1

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }

# apt-get is used only by root on a Debian-like system; everybody else is told what to install.
can_apt() { have apt-get && [ "$(id -u)" = 0 ]; }
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" </dev/null; }
apt_install() {
    say "Installing with apt-get: $*"
    output=$(apt_get install -y --no-install-recommends "$@" 2>&1) && return
    output=$(apt_get update 2>&1 && apt_get install -y --no-install-recommends "$@" 2>&1) && return
    say "$output"
    return 1
}

find_python() {
    for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
    done
    can_apt && apt_install python3 && python=python3 && return
    die "Python 3.11 or newer is needed (Debian: apt-get install python3)"
}

make_venv() {
    "$bin/pip" --version >/dev/null 2>&1 && return
    find_python
    say "Making the virtual environment .venv with $("$python" --version)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        can_apt || die "this Python cannot make virtual environments (Debian: apt-get install $package)"
        apt_install "$package" || die "apt-get could not install $package"
    fi
    "$python" -m venv --clear "$venv" || die "could not make $venv"
}

digest() {
    { printf '%s\n' "$root"; cat "$@"; } | if have sha256sum; then sha256sum; else shasum -a 256; fi
}

# once NAME FILES -- COMMAND: runs COMMAND unless FILES are as they were when it last succeeded.
once() {
    stamp=$venv/stamp-$1
    # A linked environment belongs to another checkout: only the pages are this one's own.
    if [ -L "$venv" ] && [ "$1" != ui ]; then return; fi
    shift
    files=
    while [ "$1" != -- ]; do files="$files $1"; shift; done
    shift
    # shellcheck disable=SC2086  # the project's own paths hold no spaces
    now=$(digest $files)
    [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return
    rm -f "$stamp"
    "$@" || die "failed: $*"
    printf '%s\n' "$now" >"$stamp"
}

pip_install() { "$bin/python" -m pip install --quiet --disable-pip-version-check "$@" </dev/null; }

install_requirements() {
    make_venv
    say "Installing $*"
    for file in "$@"; do set -- "$@" --requirement "$file"; shift; done
    pip_install --no-compile --require-hashes "$@"
    # pip would compile on one core. Some packages hold files for other versions of Python.
    "$bin/python" -m compileall -q -j 0 "$venv/lib" >/dev/null 2>&1 || :
}

install_package() {
    say "Installing antiphon and building its pages"
    pip_install --no-deps --no-build-isolation --editable .
}

build_ui() { "$bin/python" scripts/build_ui_hook.py >/dev/null; }

ui_sources() {
    find ui \( -name node_modules -o -name coverage -o -name generated \) -prune -o -type f -print | LC_ALL=C sort
}

install_base() {
    once base requirements/base.txt requirements/build.txt -- \
        install_requirements requirements/base.txt requirements/build.txt
}

# shellcheck disable=SC2046  # the project's own paths hold no spaces
install_pages() { once ui $(ui_sources) -- build_ui; }

# install_antiphon: the package, what it needs to run, and its built pages.
install_antiphon() {
    install_base
    once package requirements/build.txt pyproject.toml scripts/build_ui_hook.py -- install_package
    install_pages
}

# The pages are built while pip waits for downloads.
install_development() {
    install_base
    install_pages &
    pages=$!
    once dev requirements/dev.txt -- install_requirements requirements/dev.txt
    wait "$pages" || exit 2
    install_antiphon
}
