#!/bin/sh
# Report how full the file systems of some paths are: space, and inodes where they are counted.
#
# usage: disk-usage.sh [-l PERCENT] [PATH]...
#   -l PERCENT  the most that may be in use (default 90)
#   PATH        anything on the file system that is meant (default /); absent ones are named
#
# Ends 0 when everything is below the limit, 1 when something is not.
set -eu
export LC_ALL=C

die() {
    printf 'disk-usage: %s\n' "$1" >&2
    exit 2
}

limit=90
while getopts l: option; do
    case $option in
        l) limit=$OPTARG ;;
        *) die 'usage: disk-usage.sh [-l PERCENT] [PATH]...' ;;
    esac
done
shift $((OPTIND - 1))
case $limit in
    '' | *[!0-9]*) die "the limit is no whole number: $limit" ;;
esac
[ "$#" -gt 0 ] || set -- /

# `df -P` prints one line for a path: device, total, used, free, percentage, mount point.
inodes_of() {
    df -P -i "$1" 2>/dev/null | awk 'NR == 2 { sub(/%/, "", $5); if ($5 ~ /^[0-9]+$/) print $5 }'
}

full=0
seen=' '
printf 'disk usage on %s, limit %s%%\n' "$(uname -n)" "$limit"
for path in "$@"; do
    if [ ! -e "$path" ]; then
        printf '  absent  %s\n' "$path"
        continue
    fi
    line=$(df -P -k "$path" | awk 'NR == 2 {
        sub(/%/, "", $5)
        mount = $6
        for (i = 7; i <= NF; i++) mount = mount " " $i
        print $5, $4, mount
    }')
    used=${line%% *}
    rest=${line#* }
    free=${rest%% *}
    mount=${rest#* }
    case $seen in
        *" $mount "*) continue ;;
    esac
    seen="$seen$mount "
    inodes=$(inodes_of "$path")
    verdict=ok
    case $used in
        '' | *[!0-9]*) used=0 ;; # a file system that counts nothing, such as /proc
    esac
    if [ "$used" -gt "$limit" ] || [ "${inodes:-0}" -gt "$limit" ]; then
        verdict=FULL
        full=$((full + 1))
    fi
    printf '  %-6s  %3s%% used  %6s MiB free  %3s%% inodes  %s\n' \
        "$verdict" "$used" "$((free / 1024))" "${inodes:--}" "$mount"
done

if [ "$full" -gt 0 ]; then
    printf '%s above the limit: make room or raise the limit\n' "$full"
    exit 1
fi
printf 'all below the limit\n'
