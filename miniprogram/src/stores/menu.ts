/** Which modules the server has open for this role: entries elsewhere follow the home page's menu. */
import { ref } from 'vue'

const packages = ref<string[]>()

export function takeMenu(menu: { page: string }[]): void {
  packages.value = menu.map((entry) => packageOf(entry.page))
}

/** Whether a page's module is open. Before the menu was seen, nothing is held back: the server decides anyway. */
export function isOpen(page: string): boolean {
  return packages.value === undefined || packages.value.includes(packageOf(page))
}

function packageOf(page: string): string {
  return page.replace(/^\//, '').split('/')[0]!
}
