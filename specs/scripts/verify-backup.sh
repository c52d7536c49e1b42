#!/bin/sh
# Prove that the newest backup of a folder can be restored: by its age, its checksum, and by
# unpacking it into a scratch folder and counting what comes out.
#
# usage: verify-backup.sh [-d FOLDER] [-a HOURS]
#   -d FOLDER  where NAME.tar.gz and, beside each, NAME.tar.gz.sha256 are
#              (default: a scratch folder with a backup of sample files)
#   -a HOURS   how old the newest may be (default 26)
#
# Ends 0 when the backup is good, 1 when it is not.
set -eu
export LC_ALL=C

die() {
    printf 'verify-backup: %s\n' "$1" >&2
    exit 2
}

bad() {
    printf 'BAD: %s\n' "$1"
    exit 1
}

folder=
hours=26
while getopts d:a: option; do
    case $option in
        d) folder=$OPTARG ;;
        a) hours=$OPTARG ;;
        *) die 'usage: verify-backup.sh [-d FOLDER] [-a HOURS]' ;;
    esac
done
case $hours in
    '' | *[!0-9]* | ????????*) die "not a whole number of hours: $hours" ;;
esac

scratch=$(mktemp -d "${TMPDIR:-/tmp}/verify-backup.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' INT TERM

if [ -z "$folder" ]; then
    folder=$scratch/backups
    mkdir "$folder" "$scratch/data"
    for number in 1 2 3; do
        printf 'record %s\n' "$number" >"$scratch/data/table-$number.csv"
    done
    tar -czf "$folder/sample.tar.gz" -C "$scratch/data" .
    (cd "$folder" && sha256sum sample.tar.gz >sample.tar.gz.sha256)
    printf 'no folder given: working on a backup of sample files\n'
fi
[ -d "$folder" ] || die "no such folder: $folder"

newest=
for each in "$folder"/*.tar.gz; do
    [ -f "$each" ] || continue
    if [ -z "$newest" ] || [ -n "$(find "$each" -newer "$newest")" ]; then
        newest=$each
    fi
done
[ -n "$newest" ] || bad "no backup in $folder"
name=${newest##*/}
printf 'newest backup: %s, %s KiB\n' "$name" "$(($(wc -c <"$newest") / 1024))"

[ -z "$(find "$newest" -mmin "+$((hours * 60))")" ] || bad "older than $hours hours"
printf '  age       at most %s hours\n' "$hours"

[ -f "$newest.sha256" ] || bad "no checksum: $name.sha256"
read -r expected _ <"$newest.sha256" || [ -n "$expected" ] || bad 'the checksum file is empty'
found=$(sha256sum <"$newest")
[ "${found%% *}" = "$expected" ] || bad 'the checksum differs: it is not the file that was written'
printf '  checksum  %.16s…\n' "$expected"

mkdir "$scratch/restored"
tar -xzf "$newest" -C "$scratch/restored" 2>"$scratch/errors" ||
    bad "cannot unpack: $(head -n 1 "$scratch/errors")"
files=$(find "$scratch/restored" -type f | wc -l)
[ "$files" -gt 0 ] || bad 'nothing in it'
printf '  restored  %s files\n' "$((files))"
printf 'good\n'
