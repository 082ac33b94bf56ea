/** What differs between WeChat's mini-program and a browser. Each platform is one file that exports all of this. */
export interface PayParams {
  [name: string]: unknown
}

export interface Platform {
  /** Where the server is: empty for the own origin. */
  API_ORIGIN: string
  /** The same as a full address, for what names addresses in its text. */
  ORIGIN: string
  /** Open an address that is no page of ours. */
  openWeb(address: string): void
  /** Once, when the program starts. */
  atStart(): void
  /** In WeChat one is signed in without asking. */
  SIGNS_IN_BY_ITSELF: boolean
  /** A fresh sign-in code of WeChat. Rejects where there is none. */
  signInCode(): Promise<string>
  /** Whether this browser can reach WeChat's sign-in page: it is WeChat's own. */
  INSIDE_WEIXIN: boolean
  /** Leave for the sign-in page at the address made for a random `state`; it comes back with a code (`cameBack`). */
  leaveToSignIn(addressFor: (state: string) => Promise<string>, page: string): Promise<void>
  /** The code that WeChat's sign-in page sent along, and the page one was on; null when nobody had left for it. */
  cameBack(): { code: string; page: string } | null
  /** Let WeChat's cashier take the money; resolves when it closed, whatever came of it: the server knows. Rejects where
   * there is no cashier. */
  payWith(params: PayParams): Promise<void>
  /** Ask for the agreement to send these templates; those agreed to. Only after a tap or a payment. */
  askToSubscribe(templates: string[]): Promise<string[]>
  /** Give inputs their names for screen readers, where the platform's own inputs have none. */
  nameInput(element: unknown, label: string): void
  /** The address of a page of ours that others can open. Empty where sharing goes through WeChat. */
  shareAddress(page: string): string
  /** Save or open a file that was fetched. */
  openFile(path: string, name: string): Promise<void>
}
