/** The colours of a payment's states. */
export const PAYMENT_COLOURS: Record<string, string> = {
  created: 'amber',
  paid: 'green',
  failed: 'red',
  part_refunded: 'blue',
  refunded: 'blue',
}
