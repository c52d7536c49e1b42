#!/bin/sh
# Remove old temporary files of one folder, and the folders that this leaves empty.
#
# usage: clean-tmp.sh [-d FOLDER] [-a DAYS] [-n]
#   -d FOLDER  what to clean (default: a scratch folder with sample files, removed at the end)
#   -a DAYS    remove what was last changed more than this many days ago (default 14)
#   -n         only say what would be removed
#
# Only regular files of the user who runs it, on the same file system, and never through a link.
# Refuses / and the home folder. Ends 0; 1 when something could not be removed.
set -eu
export LC_ALL=C

die() {
    printf 'clean-tmp: %s\n' "$1" >&2
    exit 2
}

folder=
days=14
dry=no
while getopts d:a:n option; do
    case $option in
        d) folder=$OPTARG ;;
        a) days=$OPTARG ;;
        n) dry=yes ;;
        *) die 'usage: clean-tmp.sh [-d FOLDER] [-a DAYS] [-n]' ;;
    esac
done
case $days in
    '' | *[!0-9]*) die "the age is no whole number of days: $days" ;;
esac

if [ -z "$folder" ]; then
    folder=$(mktemp -d "${TMPDIR:-/tmp}/clean-tmp.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 143' INT TERM
    mkdir "$folder/session"
    printf 'old\n' >"$folder/session/upload.part"
    touch -t 200001010000 "$folder/session/upload.part" "$folder/session"
    printf 'new\n' >"$folder/today.tmp"
    printf 'no folder given: working on sample files in %s\n' "$folder"
fi
[ -d "$folder" ] || die "no such folder: $folder"
folder=$(cd "$folder" && pwd -P)
case $folder in
    / | "${HOME:-/}") die "will not clean $folder" ;;
esac

owner=$(id -u)
old() {
    find "$folder" -xdev -type f -user "$owner" -mtime "+$days" "$@"
}

count_old() {
    old -exec sh -c 'for each; do echo; done' sh {} + | wc -l
}

count=$(count_old)
bytes=$(old -exec wc -c {} + | awk '$2 ~ /^\// { sum += $1 } END { print sum + 0 }')
printf '%s files older than %s days, %s KiB, in %s\n' \
    "$((count))" "$days" "$((bytes / 1024))" "$folder"
if [ "$dry" = yes ]; then
    old -print | sed 's/^/  would remove  /'
    exit 0
fi

# Deepest first: a folder comes after what was in it, judged by its age before that went.
find "$folder" -xdev -mindepth 1 -depth -user "$owner" -mtime "+$days" \( \
    -type f -exec rm -f -- {} \; -o \
    -type d -exec sh -c 'rmdir "$1" 2>/dev/null || :' sh {} \; \
    \) || :
left=$(count_old)
printf '%s removed, %s left\n' "$((count - left))" "$((left))"
[ "$left" -eq 0 ]
