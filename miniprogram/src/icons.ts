/** Line icons on a 24×24 grid, drawn for this program. `iconOf` also knows the names that the server's menu uses. */
const PATHS: Record<string, string> = {
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  bell: 'M6 17V11a6 6 0 0112 0v6l2 2H4zM10 21h4',
  user: 'M12 12a4 4 0 100-8 4 4 0 000 8zM4 21c0-4 3.6-6.5 8-6.5s8 2.5 8 6.5',
  users: 'M9 12a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 5.5a3 3 0 010 6M18 15c2 .7 3.5 2.3 3.5 5',
  card: 'M3 5h18v14H3zM8.5 12a2 2 0 100-4 2 2 0 000 4zM5.5 16.5c.3-1.7 1.5-2.5 3-2.5s2.7.8 3 2.5M14.5 9.5h4M14.5 13.5h4',
  bill: 'M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6M12 12v4',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M20 18v2h-3M14 19v1',
  wrench: 'M14.5 6.5a4 4 0 015-2.5l-2.5 2.5 1 2 2 .5 1-2.5a4.5 4.5 0 01-6 5L8 19a2.1 2.1 0 01-3-3l7.5-7a4 4 0 012-2.5z',
  building: 'M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3M16.5 13v0M16.5 17v0',
  search: 'M10.5 17a6.5 6.5 0 100-13 6.5 6.5 0 000 13zM15.5 15.5L21 21',
  chat: 'M4 5h16v11H11l-4 4v-4H4zM8 9.5h8M8 12.5h5',
  bus: 'M5 5h14v12H5zM5 12h14M8 17v2.5M16 17v2.5M8 14.5h.5M15.5 14.5h.5M3 8v4M21 8v4',
  speaker: 'M4 10v4h4l7 5V5l-7 5zM18 9.5a4 4 0 010 5M7 14l1.5 6H11l-1-5',
  camera: 'M4 8h4l1.5-3h5L16 8h4v11H4zM12 16.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7z',
  phone: 'M6 3.5l3 .5 1.5 4-2 1.7a12 12 0 005.8 5.8l1.7-2 4 1.5.5 3c-1 2.5-3.5 2.5-5 2C9.5 18 6 14.5 4 8.5c-.5-1.5-.5-4 2-5z',
  right: 'M9 5l7 7-7 7',
  down: 'M5 9l7 7 7-7',
  plus: 'M12 4v16M4 12h16',
  minus: 'M4 12h16',
  close: 'M5 5l14 14M19 5L5 19',
  check: 'M4 12.5l5.5 5.5L20 7',
  clock: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5.5l3.5 2',
  car: 'M4 16v-4l2-6h12l2 6v4zM4 12h16M6.5 16v3M17.5 16v3M7 14h1.5M15.5 14H17',
  gear: 'M12 15.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M18.7 5.3l-2.1 2.1M7.4 16.6l-2.1 2.1',
  shield: 'M12 3l8 3v6c0 5-3.5 8-8 9.5C7.5 20 4 17 4 12V6zM8.5 12l2.5 2.5 4.5-5',
  pin: 'M12 21c-4-4.5-6.5-7.5-6.5-11a6.5 6.5 0 0113 0c0 3.5-2.5 6.5-6.5 11zM12 12.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z',
  share: 'M12 15V4M8 7.5L12 3.5l4 4M5 12v8h14v-8',
  door: 'M6 21V3h12v18M3 21h18M14.5 12v1',
  star: 'M12 3.5l2.6 5.5 6 .8-4.4 4.2 1.1 6L12 17.1 6.7 20l1.1-6L3.4 9.8l6-.8z',
  text: 'M4 6V4h16v2M12 4v16M9 20h6',
  trash: 'M4 6h16M9 6V3.5h6V6M6 6l1 15h10l1-15M10 10.5v6M14 10.5v6',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  empty: 'M4 13l2.5-8h11L20 13v6H4zM4 13h5l1 2.5h4l1-2.5h5',
  wifi: 'M3 9.5a13 13 0 0118 0M6.5 13a8 8 0 0111 0M10 16.5a3 3 0 014 0M12 20v0',
  water: 'M12 3c4 5 6.5 8 6.5 11.5a6.5 6.5 0 01-13 0C5.5 11 8 8 12 3z',
  bolt: 'M13 3L5 14h6l-1 7 8-11h-6z',
  parking: 'M4 4h16v16H4zM9.5 17V7.5h3.5a3 3 0 010 6H9.5',
  gift: 'M4 9h16v4H4zM6 13v8h12v-8M12 9v12M12 9C8 9 7 7.5 7.5 6S11 4.5 12 9c1-4.5 4-4.5 4.5-3S16 9 12 9z',
}

/** Words in the names that the server uses, in the order they are looked for. */
const ALIASES: [RegExp, string][] = [
  [/id-?card|certif|address-card/, 'card'],
  [/bill|pay|receipt|wallet|money|yen|invoice/, 'bill'],
  [/group|batch|users|team/, 'users'],
  [/visit|pass|qr|gate/, 'qr'],
  [/repair|wrench|tool|order/, 'wrench'],
  [/leas|listing|shop|store|building|house/, 'building'],
  [/lost|search|found|magnif/, 'search'],
  [/feedback|comment|complain|chat|message/, 'chat'],
  [/convenien|bus|map|route/, 'bus'],
  [/notice|horn|bull|speaker|announce/, 'speaker'],
  [/car|parking/, 'parking'],
  [/gift|ad/, 'gift'],
]

export function iconOf(name: string): string {
  if (name in PATHS) return name
  return ALIASES.find(([words]) => words.test(name))?.[1] ?? 'file'
}

/** The icon as a style value. */
export function drawn(name: string, colour: string, width = 1.8, filled = false): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="${filled ? colour : 'none'}" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"><path d="${PATHS[iconOf(name)]!}"/></svg>`
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`
}

/** The colour of a function in the grid, from dark to light; the same on every phone. */
const HUES: Record<string, [string, string]> = {
  card: ['#1760b8', '#4b8fe0'],
  bill: ['#c2560c', '#ee8f3c'],
  qr: ['#0b7a6b', '#2fae9b'],
  users: ['#0e6f8f', '#36a3c6'],
  wrench: ['#a8480f', '#e0833a'],
  building: ['#4b49b3', '#7c7ae0'],
  search: ['#8a4a9e', '#b97bd0'],
  chat: ['#b13a5e', '#e0708f'],
  bus: ['#2d7a34', '#5fb266'],
  speaker: ['#b3261e', '#e2675f'],
  gift: ['#a15c00', '#dba13a'],
  parking: ['#33597f', '#6a93bd'],
}

export function hue(icon: string): [string, string] {
  return HUES[iconOf(icon)] ?? ['#475a6b', '#7d92a5']
}
