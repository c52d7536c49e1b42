#!/bin/sh
# Rotate the *.log files of one folder: a large one becomes NAME.1.gz, older ones move up by one.
#
# usage: rotate-logs.sh [-d FOLDER] [-s KIB] [-k KEEP]
#   -d FOLDER  where the logs are (default: a scratch folder with sample logs, removed at the end)
#   -s KIB     rotate what is at least this large (default 1024)
#   -k KEEP    how many rotated files of each log to keep, from 1 (default 7)
#
# A log is copied and then emptied, so that a program that holds it open goes on writing to it.
# Links are left alone. Ends 0; 1 when a log could not be rotated.
set -eu
export LC_ALL=C

die() {
    printf 'rotate-logs: %s\n' "$1" >&2
    exit 2
}

whole() {
    case $2 in
        '' | *[!0-9]*) die "$1 is no whole number: $2" ;;
    esac
}

folder=
size=1024
keep=7
while getopts d:s:k: option; do
    case $option in
        d) folder=$OPTARG ;;
        s) size=$OPTARG ;;
        k) keep=$OPTARG ;;
        *) die 'usage: rotate-logs.sh [-d FOLDER] [-s KIB] [-k KEEP]' ;;
    esac
done
whole 'the size' "$size"
whole 'the number to keep' "$keep"
[ "$keep" -ge 1 ] || die 'keep at least 1'

if [ -z "$folder" ]; then
    folder=$(mktemp -d "${TMPDIR:-/tmp}/rotate-logs.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 143' INT TERM
    awk -v lines="$((size * 16))" 'BEGIN { for (i = 0; i < lines; i++) printf "%063d\n", i }' \
        >"$folder/large.log"
    printf 'a few words\n' >"$folder/small.log"
    printf 'no folder given: working on sample logs in %s\n' "$folder"
fi
[ -d "$folder" ] || die "no such folder: $folder"

rotate() {
    number=$keep
    rm -f "$1.$number.gz"
    while [ "$number" -gt 1 ]; do
        before=$((number - 1))
        [ ! -f "$1.$before.gz" ] || mv -f "$1.$before.gz" "$1.$number.gz"
        number=$before
    done
    gzip -c "$1" >"$1.1.gz.part" && mv -f "$1.1.gz.part" "$1.1.gz" && cat /dev/null >"$1"
}

rotated=0
small=0
failed=0
for log in "$folder"/*.log; do
    if [ -L "$log" ] || [ ! -f "$log" ]; then
        continue
    fi
    bytes=$(wc -c <"$log")
    if [ "$bytes" -lt "$((size * 1024))" ]; then
        small=$((small + 1))
        continue
    fi
    if rotate "$log"; then
        rotated=$((rotated + 1))
        printf '  rotated  %8s KiB  %s\n' "$((bytes / 1024))" "${log##*/}"
    else
        failed=$((failed + 1))
        rm -f "$log.1.gz.part" || :
        printf '  FAILED   %8s KiB  %s\n' "$((bytes / 1024))" "${log##*/}"
    fi
done

printf '%s rotated, %s below %s KiB, %s failed\n' "$rotated" "$small" "$size" "$failed"
[ "$failed" -eq 0 ]
