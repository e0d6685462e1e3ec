// Browsers start no worker for a page that was opened as a file. The search asks for one: here it gets a hidden frame
// that loads the same scripts and passes messages to and fro as a worker does.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(place) {
      super();
      const url = new URL(place, document.baseURI);
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.document.open();
      inside.document.write("<!doctype html><title>search</title><body></body>");
      inside.document.close();
      const waiting = [];
      let deliver = (data) => waiting.push(data);
      const load = (source) =>
        new Promise((resolve, reject) => {
          const script = inside.document.createElement("script");
          script.src = source;
          script.onload = resolve;
          script.onerror = reject;
          inside.document.body.append(script);
        });
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      inside.importScripts = (...sources) =>
        sources.reduce((done, source) => done.then(() => load(new URL(source, url))), Promise.resolve());
      this.postMessage = (data) => deliver(data);
      load(url).then(() => {
        deliver = (data) => inside.dispatchEvent(new MessageEvent("message", { data }));
        waiting.splice(0).forEach(deliver);
      });
    }
    set onmessage(listener) {
      this.addEventListener("message", listener);
    }
    terminate() {
      this.frame.remove();
    }
  };
}
