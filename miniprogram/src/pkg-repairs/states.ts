/** The colours of a work order's states. */
export const ORDER_COLOURS: Record<string, string> = {
  submitted: 'amber',
  dispatched: 'blue',
  grabbed: 'blue',
  accepted: 'blue',
  in_progress: 'blue',
  finished: 'green',
  confirmed: 'green',
}
