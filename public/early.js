// Runs before the app. Extensions and translators change the page before the app has taken it over, and the app would
// not find its elements again: their changes are undone right before. Also notices if the app breaks down.
(() => {
  const changes = [];
  const observer = new MutationObserver((more) => changes.push(...more));
  const kinds = { childList: true, subtree: true, characterData: true, characterDataOldValue: true };
  observer.observe(document.getElementById("app"), kinds);
  const undo = ({ type, target, oldValue, addedNodes, removedNodes, nextSibling }) => {
    if (type === "characterData") target.data = oldValue;
    for (const node of addedNodes) if (node.parentNode === target) target.removeChild(node);
    for (const node of removedNodes) target.insertBefore(node, nextSibling);
  };
  const restore = () => {
    changes.push(...observer.takeRecords());
    observer.disconnect();
    changes.reverse().forEach(undo);
  };
  document.addEventListener("cruddur:hydrate", restore, { once: true });
  const notice = ({ error, reason }) => {
    if ((error ?? reason) instanceof WebAssembly.RuntimeError) document.documentElement.dataset.failed = "";
  };
  addEventListener("error", notice);
  addEventListener("unhandledrejection", notice);
})();
