/** Going from page to page: the server names pages by path, in menus and in messages. */
import { openWeb } from '#platform'

import { pages, subPackages } from './pages.json'

const TABS = pages.filter((page) => page.path.startsWith('pages/')).map((page) => `/${page.path}`)
const PACKAGES = new Map(subPackages.map((one) => [one.root, one.pages.map((page) => `/${one.root}/${page.path}`)]))

/** The page to show for what the server named: its own path, or the first page of its package; null: we have none. */
export function resolve(named: string): string | null {
  const [path, query] = named.split('?') as [string, string | undefined]
  const slashed = path.startsWith('/') ? path : `/${path}`
  if (TABS.includes(slashed)) return slashed
  const own = PACKAGES.get(slashed.split('/')[1] ?? '')
  if (!own) return null
  const page = own.includes(slashed) ? slashed : own[0]!
  return query ? `${page}?${query}` : page
}

export function go(named: string): void {
  if (/^https?:/.test(named)) return openWeb(named)
  const url = resolve(named)
  if (url === null) uni.showToast({ title: '请更新到最新版本后使用此功能', icon: 'none' })
  else if (TABS.includes(url)) uni.switchTab({ url })
  else uni.navigateTo({ url })
}

/** Go instead of the page one is on: a form that was sent is not gone back to. */
export function replace(url: string): void {
  uni.redirectTo({ url })
}

/** Back to the page below when it is this one, else to it instead of where one is. */
export function backTo(url: string): void {
  const below = getCurrentPages().at(-2)
  if (below && `/${below.route}` === url) uni.navigateBack()
  else replace(url)
}

export function back(): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else uni.switchTab({ url: '/pages/home/home' })
}

/** Ask before something that cannot be taken back. */
export function confirm(title: string, content: string, confirmText = '确定'): Promise<boolean> {
  return new Promise((done) => {
    uni.showModal({ title, content, confirmText, confirmColor: '#1760b8', success: (answer) => done(answer.confirm), fail: () => done(false) })
  })
}

export function tell(title: string): void {
  uni.showToast({ title, icon: 'none', duration: 2500 })
}

export function dial(phone: string): void {
  if (phone) uni.makePhoneCall({ phoneNumber: phone.replace(/[^\d+]/g, ''), fail: () => undefined })
}
