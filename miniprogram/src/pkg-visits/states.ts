/** The colours of the states of visits and batches. */
export const VISIT_COLOURS: Record<string, string> = { pending: 'amber', approved: 'green', arrived: 'blue', rejected: 'red', revoked: 'red' }
