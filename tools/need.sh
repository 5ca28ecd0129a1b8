# Sourced by ./check and ./demo: makes sure that Debian packages are there.
#
#   want PACKAGE WHY   notes a package
#   get_wanted         installs the noted ones that are missing, saying what and why

wanted=()
reasons=()

want() {
    wanted+=("$1")
    reasons+=("$2")
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

get_wanted() {
    if ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian: these are taken to be installed already: ${wanted[*]}"
        return
    fi
    local missing=() i
    for i in "${!wanted[@]}"; do
        installed "${wanted[i]}" && continue
        [ ${#missing[@]} -gt 0 ] || echo "To be installed by apt-get:"
        printf '  %-28s %s\n' "${wanted[i]}" "${reasons[i]}"
        missing+=("${wanted[i]}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local root=()
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Not root, and there is no sudo. Please run as root:" >&2
            echo "  apt-get install ${missing[*]}" >&2
            return 1
        fi
        root=(sudo)
    fi
    # The lists of a fresh system are empty, and those of an old one name versions that are gone.
    if ! "${root[@]}" apt-get update -qq; then
        echo "apt-get update failed; trying with the lists there are" >&2
    fi
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "${missing[@]}" >/dev/null
}

# What a build takes, for both scripts.
want_build() {
    want gcc 'the C compiler that builds Stint'
    want libc6-dev 'headers of the C library'
    want make 'runs the build'
    want python3 'build generators and the test driver; standard library only'
    want pkg-config 'finds the disassembler library'
    want libcapstone-dev 'disassembler library for "stint objdump"'
}

want_guest() {
    want clang 'compiles C to WebAssembly'
    want lld 'links WebAssembly'
    want wasi-libc 'C library for WebAssembly guests'
    want libclang-rt-14-dev-wasm32 'compiler support library for WebAssembly guests'
}

# Who embeds the library, in the ways the guide shows.
want_embedders() {
    want g++ 'builds embedders in C++'
    want cmake 'builds embedders that use CMake'
    want golang-go 'builds embedders in Go'
    want python3-pip 'gets the Python package of libwasmtime, which is run on libstint'
    want sqlite3 'runs the example that extends SQLite'
    want libsqlite3-dev 'headers for that'
}
