# Completion of crisis for bash, 4.4 and newer. It asks the program what fits: crisis complete.

# Splits the line before the cursor into `words`, as the program would get them; bash's own COMP_WORDS are cut at = and
# : too. Nothing is expanded but the home folder. `quote` is the one that is still open.
_crisis_split() {
    local line=${COMP_LINE:0:COMP_POINT} character word='' begun='' i
    for ((i = 0; i < ${#line}; i++)); do
        character=${line:i:1}
        case $quote$character in
        [[:space:]])
            [[ -z $begun ]] || words+=("$word")
            word='' begun=''
            continue
            ;;
        [\"\']) quote=$character ;;
        \"\" | \'\') quote='' ;;
        \\ | \"\\) word+=${line:++i:1} ;;
        *) word+=${character} ;;
        esac
        begun=yes
    done
    words+=("$word")
    for ((i = 0; i + 1 < ${#words[@]}; i++)); do
        [[ ${words[i]} != '~/'* ]] || words[i]=$HOME${words[i]:1}
    done
}

# One candidate. When they are only listed, with what they mean; else as it may stand on the line.
_crisis_add() {
    local word=${1%%$'\t'*} meaning=${1#*$'\t'}
    if [[ $COMP_TYPE -eq 63 ]]; then
        [[ -z $meaning ]] || word+="  ($meaning)"
    else
        word=${word#"$before"}
        [[ -n $quote ]] || printf -v word %q "$word"
        [[ $word != *= ]] || compopt -o nospace
    fi
    COMPREPLY+=("$word")
}

_crisis_add_files() {
    local name
    compopt -o filenames
    while IFS= read -r name; do
        COMPREPLY+=("$name")
    done < <(compgen "$@" -- "${current#"$before"}")
}

_crisis() {
    local words=() quote='' current before='' breaks=${COMP_WORDBREAKS//[!=:]/} line
    _crisis_split
    current=${words[-1]}
    # What of the word stays as it is: bash replaces what comes after = or :
    [[ -n $quote || -z $breaks ]] || before=${current%"${current##*[$breaks]}"}
    compopt -o nosort
    while IFS= read -r line; do
        case $line in
        :files) _crisis_add_files -f ;;
        :folders) _crisis_add_files -d ;;
        :plans)
            _crisis_add_files -d
            _crisis_add_files -f -X '!*.yaml'
            _crisis_add_files -f -X '!*.yml'
            ;;
        *) _crisis_add "$line" ;;
        esac
    done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _crisis crisis
