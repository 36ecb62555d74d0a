"""Rows for tiny datasets."""

import io
from typing import Any

import numpy as np
from PIL import Image

SECOND = 1_000_000


def video(name: str, status: str = "ok", reason: str | None = None) -> dict[str, Any]:
    return {
        "video_id": name,
        "uri": f"/films/{name}.mp4",
        "title": None,
        "status": status,
        "reason": reason,
        "width": 640,
        "height": 360,
        "fps": 10.0,
        "frames": 160,
        "start_us": 0,
        "duration_us": 16 * SECOND,
    }


def failed_video(name: str) -> dict[str, Any]:
    nothing = dict.fromkeys(["width", "height", "fps", "duration_us"])
    return video(name, "failed", f"{name}.mp4: a still picture, not a video") | nothing | {"frames": 0}


def clip(video_id: str, start_us: int, end_us: int) -> dict[str, Any]:
    name = f"{video_id}_{start_us // 1000}_{end_us // 1000}"
    seconds = (end_us - start_us) / SECOND
    times = {"start_us": start_us, "end_us": end_us, "seconds": seconds}
    return {"clip_id": name, "video_id": video_id, **times, "mark": None}


def measured(of: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"clip_id": of["clip_id"], "video_id": of["video_id"], **values}


def decision(of: dict[str, Any], k: int) -> dict[str, Any]:
    status = "dropped" if k < 2 else "failed" if k == 7 else "kept"
    failed = [["long_enough", "not_too_dark"], ["not_too_dark"]][k] if k < 2 else []
    value = f"light.brightness = {k / 10}" if k == 1 else None
    return measured(of, status=status, rule=failed[0] if failed else None, value=value, failed_rules=failed)


def shot(video_id: str, start_us: int, opening: str) -> dict[str, Any]:
    end = start_us + 4 * SECOND
    times = {"start_us": start_us, "end_us": end, "clean_start_us": start_us, "clean_end_us": end}
    return {"video_id": video_id, "opening": opening, **times}


def still(video_id: str, time_us: int, colour: str) -> dict[str, Any]:
    packed = io.BytesIO()
    Image.new("RGB", (320, 180), colour).save(packed, "JPEG")
    return {"video_id": video_id, "time_us": time_us, "jpeg": packed.getvalue()}


def signal(video_id: str, tenth: int) -> dict[str, Any]:
    moving = float(np.sin(tenth / 10) ** 2)
    return {
        "video_id": video_id,
        "time_us": tenth * 100_000,
        "brightness": 0.5,
        "dx": moving,
        "dy": 0.0,
        "local_motion": 0.0,
    }


def cue(video_id: str, start: int, end: int, text: str) -> dict[str, Any]:
    return {"video_id": video_id, "start_us": start * SECOND, "end_us": end * SECOND, "text": text}
