/** A browser, also the one inside WeChat. */
import type { PayParams, Platform } from './types'

interface WeixinBridge {
  invoke(name: string, params: object, done: (answer: { err_msg: string }) => void): void
}

export const API_ORIGIN: Platform['API_ORIGIN'] = ''
export const ORIGIN: Platform['ORIGIN'] = window.location.origin

export const openWeb: Platform['openWeb'] = (address) => void window.open(address, '_blank', 'noopener')

export const SIGNS_IN_BY_ITSELF: Platform['SIGNS_IN_BY_ITSELF'] = false

/** The frame that uni draws has neither names for its pictures nor a back button that a keyboard reaches. */
export const atStart: Platform['atStart'] = () => {
  new MutationObserver(() => {
    document.querySelectorAll('uni-tabbar img:not([alt])').forEach((image) => image.setAttribute('alt', ''))
    document.querySelectorAll<HTMLElement>('.uni-page-head-btn:not([role])').forEach((button) => {
      button.setAttribute('role', 'button')
      button.setAttribute('aria-label', '返回')
      button.tabIndex = 0
      button.addEventListener('keyup', (event) => event.key === 'Enter' && button.click())
    })
  }).observe(document.body, { childList: true, subtree: true })
}

export const signInCode: Platform['signInCode'] = () => Promise.reject(new Error('a browser has no code of WeChat'))

export const INSIDE_WEIXIN: Platform['INSIDE_WEIXIN'] = /MicroMessenger/i.test(navigator.userAgent)

const LEFT = 'signin.left'

/** The state binds WeChat's answer to this very browser: a code that somebody else slips in is not taken. */
export const leaveToSignIn: Platform['leaveToSignIn'] = async (addressFor, page) => {
  const state = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const address = await addressFor(state)
  sessionStorage.setItem(LEFT, JSON.stringify({ state, page }))
  window.location.assign(address)
}

export const cameBack: Platform['cameBack'] = () => {
  const given = new URLSearchParams(window.location.search)
  const code = given.get('code')
  if (!code) return null
  window.history.replaceState(null, '', window.location.pathname + window.location.hash) // a code is no bookmark
  const { state, page } = JSON.parse(sessionStorage.getItem(LEFT) ?? '{}') as { state?: string; page?: string }
  sessionStorage.removeItem(LEFT)
  return state && state === given.get('state') ? { code, page: page ?? '/pages/home/home' } : null
}

const BRIDGE_WITHIN = 3000

/** WeChat puts its bridge into the page a moment after it loaded. */
function weixinBridge(): Promise<WeixinBridge> {
  const there = () => (window as unknown as { WeixinJSBridge?: WeixinBridge }).WeixinJSBridge
  return new Promise((resolve, reject) => {
    const found = there()
    if (found) return resolve(found)
    if (!INSIDE_WEIXIN) return reject(new Error('no cashier outside of WeChat'))
    document.addEventListener('WeixinJSBridgeReady', () => resolve(there()!), { once: true })
    setTimeout(() => reject(new Error('WeChat gave no bridge')), BRIDGE_WITHIN)
  })
}

export const payWith: Platform['payWith'] = async (params: PayParams) => {
  if (typeof params.cashier_url === 'string' && params.cashier_url) {
    window.location.assign(params.cashier_url)
    return new Promise(() => undefined)
  }
  const bridge = await weixinBridge()
  return new Promise((resolve) => {
    bridge.invoke('getBrandWCPayRequest', params, () => resolve())
  })
}

export const askToSubscribe: Platform['askToSubscribe'] = () => Promise.resolve([])

export const nameInput: Platform['nameInput'] = (element, label) => {
  const root = element instanceof HTMLElement ? element : null
  root?.querySelectorAll('input,textarea').forEach((input) => input.setAttribute('aria-label', label))
}

export const shareAddress: Platform['shareAddress'] = (page) => `${window.location.origin}/m/#${page}`

export const openFile: Platform['openFile'] = (path, name) => {
  const link = document.createElement('a')
  link.href = path
  link.download = name
  link.click()
  return Promise.resolve()
}
