
# What only dyno itself knows: runs, case ids, metrics.
function __fish_dyno_of
    set -l words (commandline -opc)
    string match -- '*.toml' $words; and return
    string match -r -- '^(?:[0-9]+-.*|last.*)$' $words
end
