#!/bin/sh
# The peer protocol of docs/peers.md in plain shell: a peer for the hidden suite `selftest`, whose instance is a file with the
# length of a walk, and whose solution is a file with the rows that are left. It walks a row a step.

# The value of a key in a message: a number, a word, or a text without quotes in it. A JSON parser does better.
value() { # message key
    printf '%s\n' "$1" | sed -n "s/.*\"$2\": *\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# The first message says what the cell is.
IFS= read -r hello || exit 0
instance=$(value "$hello" instance)
folder=$(value "$hello" folder)
read -r rows <"$instance" || {
    echo '{"error": "the instance cannot be read: a file with the number of rows is needed"}'
    exit 1
}
echo '{"ready": {"example.sh": "1"}, "import_s": 0}'

# Then there are solves, until there are no more. Each starts from the beginning.
while IFS= read -r solve; do
    max_iter=$(value "$solve" max_iter)
    iterates=$(value "$solve" iterates)
    step=0 left=$rows end=
    while [ -z "$end" ]; do
        step=$((step + 1)) left=$((left - 1))
        if [ "$iterates" = true ]; then
            # Harness looks at the file, and says whether to go on.
            echo "$left" >"$folder/left"
            echo "{\"step\": $step, \"solution\": \"left\"}"
            IFS= read -r answer || exit 0
            [ "$(value "$answer" go)" = true ] || end=stopped
        fi
        if [ -z "$end" ] && [ "$left" -le 0 ]; then end=solved; fi
        if [ -z "$end" ] && [ "$step" -ge "$max_iter" ]; then end=max_iter; fi
    done
    if [ "$end" = stopped ]; then
        echo "{\"end\": \"$end\", \"step\": $step}"
    else
        echo "$left" >"$folder/left"
        echo "{\"end\": \"$end\", \"step\": $step, \"solution\": \"left\"}"
    fi
done
