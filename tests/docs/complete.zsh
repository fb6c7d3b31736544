# What zsh offers behind a line: zsh -f complete.zsh SHARE LINE. A second zsh at a pseudo-terminal completes it, with a
# compadd that prints each word as <word>.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= fpath=($1/zsh/vendor-completions \$fpath)"
zpty -w shell 'autoload -Uz compinit && compinit -u -D; setopt no_beep; stty columns 400 rows 200 -echo'
zpty -w shell 'compadd() {
  if (( ${@[(I)-[a-zA-Z]#[OAD]*]} )); then builtin compadd "$@"; return; fi
  local -a hits; builtin compadd -O hits "$@"; print -rl -- "<"$^hits">"; builtin compadd "$@"
}'
# order matters: the words in quotes are cut, so that the echo of these lines is not taken for what they print.
zpty -w shell 'show() { _main_complete; compstate[insert]=; compstate[list]=; print -r -- "<""done>" }
  zle -C show complete-word show; bindkey "^X" show; print -r "<""ready>"'
zpty -r shell out '*<ready>*'
zpty -w -n shell "$2"$'\x18'
zpty -r shell out '*<done>*'
print -r -- "$out"
zpty -d shell
