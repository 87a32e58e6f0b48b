import { shellScript } from './shell-script.ts'

/** For fish 3 and later. */
export const fishScript = shellScript`# fish completion for opsctl. Load it with:  opsctl completion fish | source
# or keep it:  opsctl completion fish > ~/.config/fish/completions/opsctl.fish

function __opsctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    # An open quote can not be taken off: then the word goes as it is, without the quote.
    set -l plain (string unescape -- $current 2>/dev/null; or string replace -r '^["\']' '' -- $current)
    type -q $words[1]; or return
    set -l answer ($words[1] __complete $words[2..-1] "$plain" 2>/dev/null)
    set -l what (string split -m 1 ' ' -- $answer[1])
    switch "$what[1]"
        case words
            printf '%s\n' $answer[2..-1]
        case files
            __opsctl_paths "$plain" "$what[2]"
        case directories
            __opsctl_paths "$plain" "$what[2]" | string match -r '.*/(?:\t.*)?$'
    end
end

function __opsctl_paths -a plain prefix
    set -l tail (string sub -s (math (string length -- $prefix) + 1) -- $plain)
    for path in (complete -C "'' "(string escape -n -- "$tail"))
        printf '%s%s\n' $prefix $path
    end
end

complete -c opsctl -f -k -a '(__opsctl_complete)'
`
