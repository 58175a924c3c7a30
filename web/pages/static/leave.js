// The quick exit: the button, or Shift three times, and this page is gone. Also: a page that the browser kept
// in memory is never shown again after leaving it.
"use strict";
(() => {
  const leave = () => {
    document.documentElement.hidden = true;
    document.title = "";
    navigator.sendBeacon("/leave"); // the server drops the cookie and asks the browser to clear what is left
    const away = () => location.replace(document.body.dataset.outside);
    away();
    setTimeout(away, 1500); // should the browser have dropped it; nothing can be seen here meanwhile
  };

  document.getElementById("leave").addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });

  // Any other key in between is writing with capital letters, not a wish to leave.
  let shifts = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") {
      shifts = [];
    } else if (!event.repeat) {
      shifts = [...shifts.filter((at) => event.timeStamp - at < 3000), event.timeStamp];
      if (shifts.length === 3) leave();
    }
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.documentElement.hidden = true;
    location.reload();
  });
})();
