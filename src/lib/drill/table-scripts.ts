import { hostScript } from '../transport/host-script.ts'

// A fault has a table of nftables of its own: what others have there is neither read nor written.

const withSbin = 'PATH=$PATH:/usr/sbin:/sbin;'

/** What can not be read is not taken for absent. */
const ifThere = (command: string): string => `tables=$(nft list tables) || exit 1; case $tables in *"inet $1"*) ${command};; esac`

export const loadTable = hostScript('load its table', withSbin, 'nft -f -')
/** Ends what the set $2 of the table $1 is for, and leaves the table. */
export const flushSet = hostScript('empty its set', withSbin, ifThere('nft flush set inet "$1" "$2"'))
/** Prints the table $1; nothing where there is none. */
export const listTable = hostScript('look at its table', withSbin, ifThere('nft list table inet "$1"'))
export const removeTable = hostScript('remove its table', withSbin, ifThere('nft delete table inet "$1"'))
