#!/bin/sh
# List the packages that are installed: how many, a digest of the whole list, and some by name.
#
# usage: package-inventory.sh [-r] [NAME]...
#   -r     end 1 when a NAME is not installed
#   NAME   a package whose version is wanted
#
# Two hosts with the same digest have the same packages in the same versions.
set -eu
export LC_ALL=C

required=no
while getopts r option; do
    case $option in
        r) required=yes ;;
        *)
            printf 'usage: package-inventory.sh [-r] [NAME]...\n' >&2
            exit 2
            ;;
    esac
done
shift $((OPTIND - 1))

# Each prints one line "name version" for a package.
if command -v dpkg-query >/dev/null 2>&1; then
    manager=dpkg
    list() { dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' | sed -n 's/^ii *//p'; }
elif command -v rpm >/dev/null 2>&1; then
    manager=rpm
    list() { rpm -qa --qf '%{NAME} %{VERSION}-%{RELEASE}\n'; }
elif command -v apk >/dev/null 2>&1; then
    manager=apk
    list() { apk info -v 2>/dev/null | sed 's/-\([0-9][^-]*-r[0-9]*\)$/ \1/'; }
elif command -v pacman >/dev/null 2>&1; then
    manager=pacman
    list() { pacman -Q; }
else
    printf 'packages on %s: no package manager that this script knows\n' "$(uname -n)"
    exit 0
fi

packages=$(list | sort)
count=$(printf '%s\n' "$packages" | grep -c . || :)
digest=$(printf '%s\n' "$packages" | cksum | cut -d ' ' -f 1)
printf 'packages on %s: %s installed, by %s\n' "$(uname -n)" "$count" "$manager"
printf '  digest of the list  %s\n' "$digest"

absent=0
for name in "$@"; do
    version=$(printf '%s\n' "$packages" | awk -v name="$name" '$1 == name { print $2 }' | head -n 1)
    [ -n "$version" ] || absent=$((absent + 1))
    printf '  %-18s  %s\n' "$name" "${version:-not installed}"
done
if [ "$required" = yes ] && [ "$absent" -gt 0 ]; then
    printf '%s not installed\n' "$absent"
    exit 1
fi
