/** The icon of a fee, by the code of its item. */
const ICONS: [RegExp, string][] = [
  [/water/, 'water'],
  [/elec/, 'bolt'],
  [/park/, 'parking'],
  [/repair/, 'wrench'],
  [/manag|property/, 'building'],
]

export function feeIcon(fee: string): string {
  return ICONS.find(([code]) => code.test(fee))?.[1] ?? 'bill'
}
