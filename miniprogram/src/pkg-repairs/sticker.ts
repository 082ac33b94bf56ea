/** The code of the sticker that opened the page: its own parameter, or WeChat's for a scanned web address (`q`). */
export function codeOfSticker(query: Record<string, string | undefined> | undefined): string {
  if (query?.point) return query.point
  const scanned = query?.q ? decodeURIComponent(query.q) : ''
  return /[?&]point=([\w-]+)/.exec(scanned)?.[1] ?? ''
}
