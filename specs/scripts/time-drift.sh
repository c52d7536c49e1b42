#!/bin/sh
# Watch the wall clock against the time since boot for a moment: a clock that is being stepped, or
# runs fast or slow, moves apart from it. Also tell what the machine says of its synchronisation.
#
# usage: time-drift.sh [-s SECONDS] [-m MILLISECONDS] [-r SECONDS]
#   -s SECONDS       how long to watch, from 1 to 60 (default 1)
#   -m MILLISECONDS  the most that the clocks may move apart meanwhile (default 200)
#   -r SECONDS       the most that the hardware clock may differ (default: told, not judged)
#
# Asks nobody over the network. Ends 0; 1 when a limit is passed.
set -eu
export LC_ALL=C

die() {
    printf 'time-drift: %s\n' "$1" >&2
    exit 2
}

watch=1
most=200
rtc_most=
while getopts s:m:r: option; do
    case $option in
        s) watch=$OPTARG ;;
        m) most=$OPTARG ;;
        r) rtc_most=$OPTARG ;;
        *) die 'usage: time-drift.sh [-s SECONDS] [-m MILLISECONDS] [-r SECONDS]' ;;
    esac
done
for number in "$watch" "$most" "${rtc_most:-0}"; do
    case $number in
        '' | *[!0-9]* | ??????????*) die "not a whole number: $number" ;;
    esac
done
if [ "$watch" -lt 1 ] || [ "$watch" -gt 60 ]; then
    die 'watch for 1 to 60 seconds'
fi

# The offset of the wall clock from the time since boot, in milliseconds. The two cannot be read at
# one instant, so the pair that was read fastest of five is taken.
offset() {
    awk 'BEGIN {
        for (turn = 0; turn < 5; turn++) {
            getline before <"/proc/uptime"; close("/proc/uptime")
            "date +%s.%N" | getline wall; close("date +%s.%N")
            getline after <"/proc/uptime"; close("/proc/uptime")
            split(before, b, " "); split(after, a, " ")
            if (turn == 0 || a[1] - b[1] < best) { best = a[1] - b[1]; middle = wall - (a[1] + b[1]) / 2 }
        }
        printf "%.0f\n", middle * 1000
    }'
}

case $(date +%N) in
    '' | *[!0-9]*) most=$((most + 1000)) ;; # this date tells whole seconds only
esac
[ -r /proc/uptime ] || die '/proc/uptime cannot be read'
first=$(offset)
sleep "$watch"
second=$(offset)
moved=$((second - first))
moved=${moved#-}

printf 'clock of %s at %s\n' "$(uname -n)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
printf '  moved apart  %s ms in %s s (at most %s ms)\n' "$moved" "$watch" "$most"
bad=0
[ "$moved" -le "$most" ] || bad=1

rtc=/sys/class/rtc/rtc0/since_epoch
if [ -r "$rtc" ] && hardware=$(cat "$rtc" 2>/dev/null) && [ -n "$hardware" ]; then
    apart=$((hardware - $(date +%s)))
    apart=${apart#-}
    # A hardware clock in local time is off by whole quarters of an hour; that is no drift.
    apart=$((apart % 900))
    [ "$apart" -le 450 ] || apart=$((900 - apart))
    printf '  hardware clock  %s s apart\n' "$apart"
    if [ -n "$rtc_most" ] && [ "$apart" -gt "$rtc_most" ]; then
        bad=1
    fi
else
    printf '  hardware clock  none that can be read\n'
fi

synced=$(timedatectl show -p NTPSynchronized --value 2>/dev/null || :)
printf '  synchronised    %s\n' "${synced:-unknown}"
if [ "$bad" -ne 0 ]; then
    printf 'drift beyond the limit: look at the time service of this host\n'
    exit 1
fi
printf 'no drift beyond the limit\n'
