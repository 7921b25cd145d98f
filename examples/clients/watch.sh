#!/bin/sh
# Follows what Storyloop does, with curl, over server-sent events. Goes on after its last cursor when the hub goes.
#
#     sh watch.sh [CURSOR]        begins after CURSOR, else at the present
#
# One JSON event a line.
set -u
discovery=${STORYLOOP_HOME:-$HOME/.storyloop}/hub/hub.json
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$discovery" 2>/dev/null; }

# The token does not go onto curl's command line, which every user of the machine can read.
header=$(umask 077 && mktemp)
place=$(mktemp)
trap 'rm -f "$header" "$place"' EXIT
trap 'exit 0' INT TERM
printf '%s' "${1-}" > "$place"

while :; do
  # Read each time: another hub may have taken over, on another port.
  port=$(field port)
  {
    printf 'Authorization: Bearer %s\n' "$(field token)"
    test -s "$place" && printf 'Last-Event-ID: %s\n' "$(cat "$place")"
  } > "$header"
  test -n "$port" && curl -q --silent --noproxy '*' --no-buffer --fail --header @"$header" "http://127.0.0.1:$port/stream/progress" |
    while IFS= read -r line; do
      case $line in
        'event: '*) event=${line#event: } ;;
        'id: '*) id=${line#id: } ;;
        'data: '*) data=${line#data: } ;;
        # An empty line ends an event: only now it is whole.
        '')
          test "${event-}" = reset && printf 'some events are lost\n' >&2
          test "${event-}" != reset && test -n "${data-}" && printf '%s\n' "$data"
          test -n "${id-}" && printf '%s' "$id" > "$place"
          event='' id='' data=''
          ;;
      esac
    done
  sleep 1
done
