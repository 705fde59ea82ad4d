# Completion of crisis for fish. It asks the program what fits: crisis complete.

function __crisis_complete
    set -l before (commandline --current-process --tokenize --cut-at-cursor | string replace --regex '^~/' "$HOME/")
    set -l current (commandline --current-token --cut-at-cursor)
    set -l lead (string match --regex -- '^--[^=]*=' $current)
    set -l path (string replace --regex -- '^--[^=]*=' '' $current)
    for line in ($before[1] complete -- $before[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                printf "%s\n" "$lead"(__fish_complete_path "$path")
            case :folders
                printf "%s\n" "$lead"(__fish_complete_directories "$path" '')
            case :plans
                printf "%s\n" "$lead"(__fish_complete_suffix "$path" .yaml)
            case '*'
                printf "%s\n" $line
        end
    end
end

complete --command crisis --no-files --keep-order --arguments '(__crisis_complete)'
