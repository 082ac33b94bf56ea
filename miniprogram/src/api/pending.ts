/**
 * Operations of the contract that the server's own document does not have yet. A generated one takes precedence, so each
 * line here can go as soon as its module is there.
 */
export interface Pending {}
