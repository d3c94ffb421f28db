// What comes while calls are under way goes out with the next one: alone at once when there is little to do, many
// together in a rush (docs/decisions/033).

export type Gathering<Item> = { add(item: Item): void };

/**
 * Sends each item with whatever else came meanwhile, up to `sizeMax`. At most `atOnce` calls are under way, those older
 * than `slotMs` not counted: who hangs keeps nobody waiting. `isWanted` is asked just before an item would go. `send`
 * must not reject.
 */
export function createGathering<Item>(options: {
  atOnce: number;
  sizeMax: number;
  slotMs: number;
  isWanted: (item: Item) => boolean;
  send: (items: Item[]) => Promise<void>;
}): Gathering<Item> {
  const { atOnce, sizeMax, slotMs, isWanted, send } = options;
  const waiting: Item[] = [];
  let taken = 0;

  function go(): void {
    while (taken < atOnce && waiting.length > 0) {
      const items = waiting.splice(0, sizeMax).filter(isWanted);
      if (items.length > 0) begin(items);
    }
  }

  function begin(items: Item[]): void {
    taken++;
    let isOver = false;
    const end = () => {
      clearTimeout(timer);
      if (isOver) return;
      isOver = true;
      taken--;
      go();
    };
    const timer = setTimeout(end, slotMs);
    void send(items).finally(end);
  }

  return {
    add(item) {
      waiting.push(item);
      go();
    },
  };
}
