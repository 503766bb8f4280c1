#!/usr/bin/env bash
# install_test.sh BUILD: installs the built tree into a folder of its own and checks what systemd,
# its helpers and man make of it. Changes nothing outside that folder. 77: a tool is missing.
set -euo pipefail
build=${1:?the build folder}
for tool in systemd-analyze systemd-sysusers systemd-tmpfiles; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is missing"; exit 77; }
done

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failures=0
check() { # check WHAT COMMAND…: the command succeeds
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok      $what"
  else
    echo "FAILED  $what"
    sed 's/^/        /' <<<"$output"
    failures=$((failures + 1))
  fi
}
fails() { ! "$@"; }

DESTDIR=$root cmake --install "$build" >/dev/null
prefix=$root$(sed -n 's/^CMAKE_INSTALL_PREFIX:[A-Z]*=//p' "$build/CMakeCache.txt")
unit=$prefix/lib/systemd/system/postrider.service
sysusers=$prefix/lib/sysusers.d/postrider.conf
tmpfiles=$prefix/lib/tmpfiles.d/postrider.conf

for file in bin/postrider lib/systemd/system/postrider.service \
  lib/systemd/system/postrider-backup.service lib/systemd/system/postrider-backup.timer \
  lib/sysusers.d/postrider.conf \
  lib/tmpfiles.d/postrider.conf share/man/man1/postrider.1 share/man/man5/postrider.toml.5 \
  share/postrider/postrider.toml share/doc/postrider/LICENSE share/doc/postrider/settings.md; do
  check "$file is there" test -s "$prefix/$file"
done
check "the binary runs" "$prefix/bin/postrider" --version

# Among this system's units, with ExecStart at the binary that was installed: systemd looks for it.
unit_is_clean() {
  local said
  mkdir -p "$root/verified"
  sed "s#^ExecStart=.*/bin/postrider #ExecStart=$prefix/bin/postrider #" "$unit" \
    >"$root/verified/postrider.service"
  cp "${unit%.service}"-backup.* "$root/verified/"
  said=$(systemd-analyze verify --man=no "$root"/verified/* 2>&1 | grep -F postrider || true)
  [ -z "$said" ] || { echo "$said"; return 1; }
}
exposure_is_low() {
  for one in "$unit" "${unit%.service}-backup.service"; do
    systemd-analyze security --offline=true --threshold=20 --no-pager "$one" >"$root/security" 2>&1 ||
      { tail -1 "$root/security"; return 1; }
  done
}
check "systemd-analyze verify has nothing to say" unit_is_clean
check "the exposure is 2.0 or less" exposure_is_low
check "ExecStart names the installed binary" \
  grep -qx "ExecStart=${prefix#"$root"}/bin/postrider --config /etc/postrider/postrider.toml run" "$unit"
credentials_are_told() {
  diff <(sed -n 's/^LoadCredential=\([^:]*\):\(.*\)/\1 \2/p' "$unit") \
    <(sed -n 's/^| `\([^`]*\)` | .* | `\(postrider\.[^`]*\)` |$/\1 \2/p' \
      "$prefix/share/doc/postrider/operating.md")
}
check "operating.md names the unit's credentials" credentials_are_told
same_credentials() { diff <(grep ^LoadCredential "$1") <(grep ^LoadCredential "$2"); }
check "the backup has the service's credentials" same_credentials "$unit" "${unit%.service}-backup.service"
check "the backup's ExecStart names it, too" \
  grep -q "^ExecStart=.* ${prefix#"$root"}/bin/postrider$" "${unit%.service}-backup.service"
check "nothing is left to be filled in" fails grep -q '@[A-Z_]*@' "${unit%/*}"/postrider*

mkdir -p "$root/etc" "$root/var/lib"
check "systemd-sysusers makes the user" systemd-sysusers --root="$root" "$sysusers"
check "the user is there" grep -q '^postrider:' "$root/etc/passwd"
check "the group is there" grep -q '^postrider:' "$root/etc/group"
mode_is() { [ "$(stat -c %a "$1")" = "$2" ] || { stat -c '%a %n' "$1"; return 1; }; }
if [ "$(id -u)" -eq 0 ]; then
  check "systemd-tmpfiles makes the folders" systemd-tmpfiles --root="$root" --create "$tmpfiles"
  check "secrets are the service's alone" mode_is "$root/var/lib/postrider/secrets" 700
  check "the group may write drafts" mode_is "$root/var/lib/postrider/drafts" 2770
  check "settings are not for everybody" mode_is "$root/etc/postrider" 750
fi

if command -v man >/dev/null; then
  page_is_clean() {
    local said
    said=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$1" 2>&1 >/dev/null || true)
    [ -z "$said" ] || { echo "$said"; return 1; }
  }
  check "postrider(1) has no roff warning" page_is_clean "$prefix/share/man/man1/postrider.1"
  check "postrider.toml(5) has no roff warning" page_is_clean \
    "$prefix/share/man/man5/postrider.toml.5"
fi
[ "$failures" -eq 0 ] || { echo "$failures checks failed"; exit 1; }
