/** The colours of a complaint's states. */
export const FEEDBACK_COLOURS: Record<string, string> = { submitted: 'amber', processing: 'blue', answered: 'green' }
