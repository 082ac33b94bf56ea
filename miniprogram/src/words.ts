/** Numbers and times as people read them. */

/** Fen as yuan: 1234567 → 12,345.67 */
export function yuan(fen: number): string {
  const [whole, cents] = (Math.abs(fen) / 100).toFixed(2).split('.') as [string, string]
  return `${fen < 0 ? '-' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${cents}`
}

const two = (number: number) => String(number).padStart(2, '0')

/** The server's times carry its offset, and are shown as they stand: the park's clock, wherever the phone is. */
export function day(moment: string): string {
  return moment.slice(0, 10)
}

export function minute(moment: string): string {
  return `${moment.slice(0, 10)} ${moment.slice(11, 16)}`
}

/** 今天 14:05, 昨天 09:30, 11-20 08:00, 2025-11-20 08:00 */
export function recent(moment: string, now = new Date()): string {
  const date = day(moment)
  const time = moment.slice(11, 16)
  if (date === isoDay(now)) return `今天 ${time}`
  if (date === isoDay(new Date(now.getTime() - 86_400_000))) return `昨天 ${time}`
  return date.slice(0, 4) === isoDay(now).slice(0, 4) ? `${date.slice(5)} ${time}` : `${date} ${time}`
}

/** A validity as short as it can be said: 11月23日 14:00–16:00, or with both days. */
export function span(from: string, until: string): string {
  const short = (moment: string) => `${Number(moment.slice(5, 7))}月${Number(moment.slice(8, 10))}日`
  const end = day(from) === day(until) ? until.slice(11, 16) : `${short(until)} ${until.slice(11, 16)}`
  return `${short(from)} ${from.slice(11, 16)}–${end}`
}

export function isoDay(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** A date and a time of the pickers as the server wants it: in the park's zone. */
export function moment(date: string, time: string): string {
  return `${date}T${time}:00+08:00`
}
