# What only dyno itself knows: runs, case ids, metrics.
_dyno_ask() {
    local -a found
    found=(${(f)"$(dyno __complete "$@" 2>/dev/null)"})
    compadd -a found
}
# The suite, if one is named on the line, else the run.
_dyno_of() {
    local word
    for word in ${(Q)${(z)BUFFER}}; do
        [[ $word == *.toml ]] && { print -r -- $word; return }
    done
    for word in ${(Q)${(z)BUFFER}}; do
        [[ $word == [0-9]*-* || $word == last* ]] && { print -r -- $word; return }
    done
}
_dyno_runs() { _dyno_ask runs }
_dyno_metrics() { _dyno_ask metrics }
_dyno_cases() { _dyno_ask cases $(_dyno_of) }
_dyno_filters() { _dyno_ask filters $(_dyno_of) }

