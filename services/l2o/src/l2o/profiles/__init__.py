"""Profiles (客户全景): what the page of an account shows above its timeline, in one answer."""
