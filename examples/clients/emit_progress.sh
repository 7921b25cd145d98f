# Functions for scripts that tell Storyloop what they do: `. examples/clients/emit_progress.sh`. They need curl, find the
# hub by themselves, are silent, and succeed at once when there is none: a script never fails or waits because of them.

emit_prd_started() { # PRD [STORIES]
  emit_fields prd.started "${1-}" '' status=running "total_stories:=${2:-0}"
}
emit_prd_completed() { # PRD true|false
  emit_fields prd.completed "${1-}" '' "success:=${2-}" "status=$(emit_status "${2-}")"
}
emit_story_started() { # PRD STORY
  emit_fields story.started "${1-}" "${2-}" status=in_progress
}
emit_story_completed() { # PRD STORY true|false
  emit_fields story.completed "${1-}" "${2-}" "success:=${3-}" "status=$(emit_status "${3-}")"
}
emit_test_run() { # PRD STORY PASSED FAILED
  emit_fields test.run "${1-}" "${2-}" "passed:=${3-}" "failed:=${4-}" "total:=$(expr "${3-}" + "${4-}" 2> /dev/null)"
}
emit_commit_created() { # PRD STORY HASH
  emit_fields commit.created "${1-}" "${2-}" "commit_hash=${3-}"
}
emit_error() { # PRD STORY MESSAGE
  emit_fields error.occurred "${1-}" "${2-}" "error=${3-}"
}
emit_progress_event() { # TYPE JSON
  emit_json "{\"type\":$(emit_text "${1-}"),\"data\":${2:-"{}"}}"
}

# TYPE PRD STORY [NAME=TEXT | NAME:=JSON]...
emit_fields() (
  set +eu
  [ -r "$(emit_hub)" ] || exit 0
  event="\"type\":$(emit_text "$1")${2:+,\"prd_id\":$(emit_text "$2")}${3:+,\"story_id\":$(emit_text "$3")}"
  data=${3:+,\"story_id\":$(emit_text "$3")}
  shift 3
  for field; do
    case ${field%%=*} in
      *:) data="$data,\"${field%%:=*}\":${field#*:=}" ;;
      *) data="$data,\"${field%%=*}\":$(emit_text "${field#*=}")" ;;
    esac
  done
  emit_json "{$event,\"data\":{${data#,}}}"
)

# Subshells, so that options like `set -eu` and names of variables stay the script's own.
emit_json() (
  set +eu
  {
    hub=$(cat "$(emit_hub)") || exit 0
    field() { printf '%s' "$hub" | sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p"; }
    kill -0 "$(field pid)" || exit 0
    # Not on the command line, which every user of the machine can read.
    {
      printf 'header = "Authorization: Bearer %s"\n' "$(field token)"
      printf 'data-binary = "%s"\n' "$(printf '%s' "$1" | tr '\r\n' '  ' | sed 's/[\\"]/\\&/g')"
    } | curl -q --silent --max-time 1 --noproxy '*' --header 'Content-Type: application/json' --config - \
      "http://127.0.0.1:$(field port)/emit?publisher=script"
  } > /dev/null 2>&1
  exit 0
)

# As JSON.
emit_text() {
  printf '%s' "$1" | LC_ALL=C awk '
    BEGIN { ORS = ""; print "\"" }
    { gsub(/[\\"]/, "\\\\&"); gsub(/\t/, "\\t"); gsub(/[\001-\037]/, ""); print (NR > 1 ? "\\n" : "") $0 }
    END { print "\"" }' 2> /dev/null
}
emit_hub() { echo "${STORYLOOP_HOME:-${HOME-}/.storyloop}/hub/hub.json"; }
emit_status() { if [ "$1" = true ]; then echo completed; else echo failed; fi; }
