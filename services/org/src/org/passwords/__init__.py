"""Passwords (密码) at the development issuer: invitations, reset links, changing one's own."""
