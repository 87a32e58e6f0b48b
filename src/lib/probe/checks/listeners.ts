import type { Found, Reading } from '../../core/check.ts'
import { textIn } from '../host-check.ts'
import { type Listener, listeners } from '../proc/sockets.ts'

/** A busy server has hundreds of thousands of other sockets: they stay there. */
export const listenersReading: Reading = {
  does: 'list what listens',
  script:
    'set -- /proc/net/tcp; if [ -e /proc/net/tcp6 ]; then set -- "$@" /proc/net/tcp6; fi; ' +
    'for table do [ -r "$table" ] || { echo "$table may not be read" >&2; exit 1; }; done; ' +
    'grep -h " 0A " "$@"; [ $? -le 1 ]',
}

/** What listens on TCP, IPv4 first. @throws Unseen */
export const listenersIn = (found: Found): Listener[] => listeners(textIn(found, listenersReading))
