"""The pure rules of channels: what a channel is, how it reads payloads and judges leads."""
