# shellcheck shell=sh
# What a person does who has come in, in tests/vm/story-sessions; then they leave.
/bin/id
/bin/sh -c '/bin/id; /bin/true' | /bin/cat
(/bin/sleep 0.2 &)
/bin/setsid /bin/sh -c '/bin/sleep 0.1; /bin/true'
/bin/touch "/tmp/came/$(/bin/tty | /bin/tr / _)"
exit
