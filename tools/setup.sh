#!/bin/sh
# Makes .venv from the lock file. Everything it writes lies inside the checkout.
set -eu
cd "$(dirname "$0")/.."
export UV_CACHE_DIR="$PWD/.cache/uv" PIP_CACHE_DIR="$PWD/.cache/pip" UV_PYTHON_DOWNLOADS=never
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

find_python() {
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 || continue
        if "$name" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "需要 Python 3.11 或更新版本；请安装，或用 PYTHON=... 指明。" >&2
    echo "Python 3.11 or newer is needed; install it, or point to it with PYTHON=..." >&2
    exit 2
}

python=$(find_python)
rm -f .venv/.ready
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --allow-existing --python "$(command -v "$python")" .venv
    uv pip sync --quiet --require-hashes --python .venv/bin/python requirements.lock
    uv pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .
else
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
    .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
fi
touch .venv/.ready
