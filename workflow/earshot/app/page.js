() => {
  // Two ears, as they hear: what makes speech of one voice clear for others takes away where it comes from.
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) return;
  const ask = devices.getUserMedia.bind(devices);
  const ears = { channelCount: { ideal: 2 }, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = (wanted) =>
    ask(wanted?.audio ? { ...wanted, audio: { ...(wanted.audio === true ? {} : wanted.audio), ...ears } } : wanted);
};
