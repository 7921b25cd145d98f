# Functions for scripts that tell Storyloop what they do: `. examples/clients/emit.sh`. They need `storyloop` on PATH, are
# silent, and succeed also when there is no hub.

emit_prd_started() { # PRD [STORIES]
  storyloop emit prd.started --prd "$1" status=running total_stories="${2:-0}"
}
emit_prd_completed() { # PRD true|false
  storyloop emit prd.completed --prd "$1" success="$2" status="$(emit_status "$2")"
}
emit_story_started() { # PRD STORY
  storyloop emit story.started --prd "$1" --story "$2" status=in_progress
}
emit_story_completed() { # PRD STORY true|false
  storyloop emit story.completed --prd "$1" --story "$2" success="$3" status="$(emit_status "$3")"
}
emit_test_run() { # PRD STORY PASSED FAILED
  storyloop emit test.run --prd "$1" --story "$2" passed="$3" failed="$4" total="$(($3 + $4))"
}
emit_commit_created() { # PRD STORY HASH
  storyloop emit commit.created --prd "$1" --story "$2" commit_hash="$3"
}
emit_error() { # PRD STORY MESSAGE
  storyloop emit error.occurred --prd "$1" --story "$2" error="$3"
}
emit_status() { if [ "$1" = true ]; then echo completed; else echo failed; fi; }
