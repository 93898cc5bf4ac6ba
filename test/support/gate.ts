/** What others can wait for until it is opened, in the order in which things happen and not after some time. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Lets nobody pass before so many have come. */
export function meetingOf(count: number): () => Promise<void> {
  const all = gate();
  let come = 0;
  return () => {
    come += 1;
    if (come === count) all.open();
    return all.opened;
  };
}
