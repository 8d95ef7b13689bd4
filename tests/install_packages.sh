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
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086  # one word a package
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing >/dev/null && exit 0
fi
for package in $missing; do
  echo "missing Debian package: $package; tests that need it are skipped (apt-get install $package)" >&2
done
