// The widget's front end. Rows and edits live in a sheet, which is no part of the model: the model is saved.

import { Sheet } from "./sheet.js";
import { View } from "./view.js";

export default () => {
  let sheet;
  return {
    initialize({ model }) {
      sheet = new Sheet((message) => model.send(message));
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
