#!/bin/sh
# Debian packages that tests need, as `program package` a line: installed where this is root, named where it is not.
set -u
missing=$(while read -r program package; do
  command -v "$program" >/dev/null || printf '%s ' "$package"
done <<'LIST'
systemd-analyze systemd
chromium chromium
mosquitto mosquitto
npm npm
LIST
)
install() {
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  # shellcheck disable=SC2086  # one word a package
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing >/dev/null
}
install || for package in $missing; do
  echo "missing Debian package: $package; tests that need it are skipped (apt-get install $package)" >&2
done

# Packages of npm, beside those of Python: an OPC UA client of another make. Later versions of it do not load.
modules=.venv/npm
if command -v npm >/dev/null && [ ! -d $modules/node_modules/node-opcua-client ]; then
  npm install --prefix $modules --no-audit --no-fund --silent node-opcua-client@2.156.0 ||
    echo "missing npm package: node-opcua-client; tests that need it are skipped" >&2
fi
