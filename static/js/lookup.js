// The page /verifikasi: a QR by camera or photo, or the PDF itself, leads to the certificate's page. Enhances
// `verification/_scan.html`; without it the typed code stands.
(async () => {
  const root = document.getElementById("scan");
  if (!root) return;
  const { mount } = await import(root.dataset.scan);
  const { base, home } = root.dataset;
  const open = (code, fragment) => location.assign(`${home}V/${code}${fragment ? "#" + fragment : ""}`);

  const found = async (text) => {
    const { readText } = await import(root.dataset.qr);
    const read = readText(text, base);
    if (read.code) {
      open(read.code, read.fragment);
      return true;
    }
    piece.say(read.problem, read.host ? ` ${read.host}` : "");
    return false;
  };

  const file = async (picked) => {
    if (picked.type !== "application/pdf" && !/\.pdf$/i.test(picked.name)) return false;
    const [{ findCode, MOST_BYTES }, { readCode }] = await Promise.all([import(root.dataset.pdf), import(root.dataset.qr)]);
    const read = picked.size > MOST_BYTES ? { problem: "too_large" } : await findCode(new Uint8Array(await picked.arrayBuffer()));
    if (read.problem) piece.say(read.problem);
    else if (read.base.toLowerCase() !== base.toLowerCase()) piece.say("foreign_pdf", ` ${read.base.replace(/^\w+:\/\//, "")}`);
    else if (!readCode(read.code).code) piece.say("no_badge");
    else {
      // The file only says which certificate it wants to be: the page shows what was signed under that code.
      piece.say("pdf_found");
      const link = root.querySelector("[data-pdf-link]");
      link.querySelector("a").href = `${home}V/${read.code}`;
      link.hidden = false;
      link.querySelector("a").focus();
    }
    return true;
  };

  const piece = mount(root, { found, file });
})();
