// The widget's front end. Rows and edits live in a sheet, which is no part of the model: the model is saved.

import { Sheet } from "./sheet.js";
import { View } from "./view.js";

export default () => {
  let sheet;
  return {
    initialize({ model }) {
      sheet = new Sheet((message) => send(model, message));
      const receive = (message, buffers) => sheet.receive(message, buffers);
      model.on("msg:custom", receive);
      return () => model.off("msg:custom", receive);
    },
    render({ model, el }) {
      const view = new View(sheet, el, model.get("label"));
      sheet.views.add(view);
      return () => {
        sheet.views.delete(view);
        view.close();
      };
    },
  };
};

/** What cannot be sent, because the kernel is gone, stays unacknowledged, and the view says so. */
function send(model, message) {
  try {
    model.send(message);
  } catch (error) {
    console.warn("The grid's kernel is gone:", error);
  }
}
