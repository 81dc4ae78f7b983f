
# What only dyno itself knows: runs, case ids, metrics.
_dyno_asking() {
    _dyno "$@"
    local line="${COMP_LINE:0:COMP_POINT}" word one kept command="" of="" before=() ask=() found=()
    word="${line##*[[:blank:]]}"
    read -ra before <<< "${line%"$word"}"
    for one in "${before[@]:1}"; do
        case "$one" in
            @COMMANDS@) [[ -n $command ]] || { command="$one"; continue; } ;;
        esac
        case "$one" in
            -*) ;;
            *.toml) of="$one" ;;
            *) [[ -z $command || -n $of ]] || of="$one" ;;
        esac
    done
    case "${before[${#before[@]} - 1]}" in
        @RUN_OPTIONS@) ask=(runs) ;;
        @CASE_OPTIONS@) ask=(cases ${of:+"$of"}) ;;
        @EXPR_OPTIONS@) ask=(filters ${of:+"$of"}) ;;
        @VALUE_OPTIONS@) return ;;
        *)
            [[ $word == -* ]] && return
            case "$command" in
                @RUN_COMMANDS@) ask=(runs) ;;
                @METRIC_COMMANDS@) ask=(metrics) ;;
                *) return ;;
            esac
            ;;
    esac
    # bash breaks words at `=` and `:`, which case ids hold; it replaces the last piece alone.
    kept="${word%"$2"}"
    while IFS= read -r one; do
        one="$(printf '%q' "$one")"
        [[ $one == "$word"* ]] && found+=("${one#"$kept"}")
    done < <("${COMP_WORDS[0]}" __complete "${ask[@]}" 2>/dev/null)
    COMPREPLY=("${found[@]}")
}
complete -F _dyno_asking -o bashdefault -o default dyno
