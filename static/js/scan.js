// Reads QR codes on this device: camera, photo or screenshot. BarcodeDetector where the browser has one, else a
// decoder that is fetched when it is first needed. Nothing is sent or kept. A module without imports.

const PAUSE = 120;
// Of a photo of a whole sheet the QR is a tenth: small first, then as sharp as the file is.
const SIZES = [1000, 2000, 4000];

const native = async () => {
  try {
    const formats = await BarcodeDetector.getSupportedFormats();
    return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
};

const draw = (source, width, height, side) => {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
};

// `read(source, width, height, sizes)`: the text of a QR in an image or video frame, or "".
const reader = async (address) => {
  const detector = await native();
  const { decodeQR } = detector ? {} : await import(address);
  return async (source, width, height, sizes) => {
    if (detector) return (await detector.detect(source))[0]?.rawValue || "";
    for (const side of sizes) {
      try { return decodeQR(draw(source, width, height, side)); } catch { /* no code at this size */ }
      if (side >= Math.max(width, height)) break;
    }
    return "";
  };
};

// Shows the piece `verification/_scan.html` and runs it. `found(text)` tells whether the text ends the scan;
// `file(file)` may take a chosen file over and then answers true. Words are shown by their names in the piece.
export const mount = (root, { found, file }) => {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const view = find("view"), video = root.querySelector("video"), input = root.querySelector("input[type=file]");
  const status = find("say");
  let stream = null, turn = 0;

  const say = (word, text = "") => {
    const words = root.querySelector(`[data-word="${word}"]`);
    status.textContent = words ? words.textContent + text : "";
    if (words) status.scrollIntoView({ block: "nearest" });
  };

  const stop = () => {
    turn++;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    view.hidden = true;
    find("camera").hidden = false;
  };

  const watch = async (mine) => {
    const read = await reader(root.dataset.decoder);
    let last = "";
    while (mine === turn) {
      if (video.videoWidth) {
        const text = await read(video, video.videoWidth, video.videoHeight, [1000]).catch(() => "");
        if (mine === turn && text && text !== last) {
          last = text;
          if (await found(text)) return stop();
        }
      }
      await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
    }
    return null;
  };

  const start = async () => {
    const mine = ++turn;
    say("");
    if (!navigator.mediaDevices?.getUserMedia) return say("no_camera");
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 960 } },
      });
    } catch (error) {
      return say(error.name === "NotAllowedError" ? "denied" : "no_camera");
    }
    view.hidden = false;
    find("camera").hidden = true;
    video.srcObject = stream;
    say("looking");
    find("stop").focus();
    try {
      await video.play();
      await watch(mine);
    } catch {
      if (mine === turn) {
        stop();
        say("no_decoder");
      }
    }
    return null;
  };

  const photo = async (picked) => {
    let image;
    try { image = await createImageBitmap(picked); } catch { return say("no_image"); }
    let text;
    try {
      const read = await reader(root.dataset.decoder);
      text = await read(image, image.width, image.height, SIZES);
    } catch {
      return say("no_decoder");
    }
    if (!text) return say("no_qr");
    say("");
    return found(text);
  };

  const take = async (picked) => {
    if (!picked) return;
    stop();
    say("reading");
    if (!(file && (await file(picked)))) await photo(picked);
    // The same file chosen again is looked at again.
    input.value = "";
  };

  find("camera").addEventListener("click", start);
  find("stop").addEventListener("click", () => {
    stop();
    say("");
    find("camera").focus();
  });
  input.addEventListener("change", () => take(input.files[0]));
  const drop = root.querySelector(".drop");
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.toggle("is-over", name === "dragenter" || name === "dragover"));
  }
  addEventListener("pagehide", stop);
  root.hidden = false;
  return { say, stop };
};
